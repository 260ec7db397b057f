(Hand-written: inches, G92, a valve that M3 opens and M5 closes, a modal move)
(Intended: one strand of 1 in, then 0.5 in up y; after G92 a second, 1 in long, 2 in above y = 0)
G20 G90
G0 X0 Y0 Z0.01
M3
G1 X1 F60
Y0.5
M5
G92 X10 Y10
G0 Y11.5
M3
G1 X9
M5
M30
G1 X500
