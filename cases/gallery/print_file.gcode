; Two layers of three strands of 2 mm, 0.8 mm apart: head 0 along x, head 1 along y.
G90 G21 M83
T0
G0 X0 Y0.2 Z0.16 F1200
G1 X2 F600
G0 Y1.0
G1 X0
G0 Y1.8
G1 X2
G0 Z5
T1
G0 X0.2 Y0 Z0.48
G1 Y2
G0 X1.0
G1 Y0
G0 X1.8
G1 Y2
G0 Z20
