; Hand-written: arcs. Intended, in mm:
; 1 quarter, anticlockwise, radius 4 about (0, 0): 2 pi
; 2 the short arc by R from (0, 4) to (4, 0), clockwise, about (0, 0): 2 pi
; 3 the long arc by R from (4, 0) to (0, 4), clockwise about (0, 0): 6 pi
; 4 a full circle about (10, 0), radius 2: 4 pi
; 5 a helix, one turn of radius 3 about (20, 0), rising 2: sqrt((6 pi)^2 + 2^2)
; 6 half a circle in the plane xz, radius 1: pi
; 7 a full circle in inches, radius 0.1 in: 0.2 pi 25.4
; Each ends with a G0; G1, G2 and G3 print.
G90 G21
G0 X4 Y0 Z1
G3 X0 Y4 I-4 J0
G0 X0 Y4 Z2
G2 X4 Y0 R4
G0 X4 Y0 Z1
G2 X0 Y4 R-4
G0 X12 Y0
G2 I-2 J0
G0 X23 Y0 Z1
G3 X23 Y0 Z3 I-3 J0
G0 X30 Y0 Z1
G18
G2 X32 Z1 I1 K0
G17
G0 X40 Y0
G20
G91.1
G3 I0.1
