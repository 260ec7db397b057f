; Hand-written: Marlin, absolute E, numbered lines with checksums, retractions, two tools.
; Intended: T0 at z 0.2: one strand 10+2+10 mm and one of 10 mm; T1 at z 0.4: one of 10 mm.
; 0.05 mm of filament for each mm of strand.
N0 M110 N0*125
N1 G21*27 ; mm
N2 G90*18
N3 M82*26 ; E absolute
N4 G28*23
N5 T0*63
N6 G92 E0*65
N7 G1 F1800 E-2*58
N8 G0 X10 Y10 Z0.2 F6000*22
N9 G1 F1800 E0*27 ; no print: gives back what was drawn in
N10 G1 F1200 X20 Y10 E0.5*48
N11 G1 X20 Y12 E0.6*85
N12 G1 X10 Y12 E1.1*83
N13 G1 F1800 E-0.9*26 ; draws 2 mm back
N14 G92 E0*114
N15 G0 X10 Y20 F6000*127
N16 G1 E2 F1800*39
N17 G1 F1200 X20 Y20 E2.5*54
N18 T1*2
N19 G92 E0*127
N20 G0 Z0.4*75
N21 G0 X10 Y10*27
N22 M117 Layer 2 of 2: G1 X99 E9*22
N23 M104 T0 S180*25
N24 G1 X10 Y20 E0.5 F600*2
N25 M84 X Y*41
