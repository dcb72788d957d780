"""Who may do what by profession and unit: the matrix of each establishment, its versions, its yearly review."""
