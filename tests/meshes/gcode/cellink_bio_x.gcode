; Hand-written in the dialect of the CELLINK BIO X: no E, heads T0 and T1.
; Intended: two layers 0.3 mm apart; T0 lays 3 strands of 8 mm along x, T1 3 of 8 mm along y.
G90 G21 M83
T0
M750 T0 P60
G0 X0 Y1 Z0.30 F1200
G1 X8 F600
G0 Y4
G1 X0
G0 Y7
G1 X8
G1 Z5
T1
G0 X1 Y0
G1 Z0.60
G1 Y8 F300
G0 X4
G1 Y0
G0 X7
G1 Y8
G1 Z20
