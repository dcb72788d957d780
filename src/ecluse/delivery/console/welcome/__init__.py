"""The first hour of a gateway: what is left to set, one step after the other, each with its proof."""
