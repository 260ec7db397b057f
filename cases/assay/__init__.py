"""What the assays of a laboratory would show of a result, and what it takes to see a difference."""
