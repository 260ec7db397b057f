"""Many cases: what a sweep asks for, and an engine that executes it and may die at any moment."""
