"""From image stacks to fields of fibre directions and waviness, and from a model to a stack."""
