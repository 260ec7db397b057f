(Hand-written: relative coordinates, E in mm3 after M200, lower case, no spaces, a flow of 50 %)
(Intended: two strands of 5 mm, 1 mm apart, joined by a travel; 0.5 mm3 and 0.25 mm3)
%
g21g91m83
m200 d1.75
g1x5f300e.5 (0.1 mm2)
g0y1
m221 s50
g1 x-5 e.5 ; the same at half the flow
m221 s100
g1 z10 e-1 ; a hop, drawn back
