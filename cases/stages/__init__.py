"""The stages of a case (mesh, scaffold, sensed stiffness), each kept under what it depends on."""
