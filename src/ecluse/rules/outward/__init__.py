"""What an outside reader is told of a change: announcements, from what it was told before and what is true now."""

from ecluse.rules.outward.announce import announce, partners
from ecluse.rules.outward.vocabulary import TYPES, Announcement, InsStanding, Story, Told

__all__ = ["TYPES", "Announcement", "InsStanding", "Story", "Told", "announce", "partners"]
