; Written by FullControl 0.1.2 (printer_name prusa_i3): four layers of four strands of 6 mm, 1.5 mm apart, layers 0.32 mm, strands 0.4 mm x 0.32 mm, turned by 90 degrees
; Time to print!!!!!
; GCode created with FullControl - tell us what you're printing!
; info@fullcontrol.xyz or tag FullControlXYZ on Twitter/Instagram/LinkedIn/Reddit/TikTok 

M140 S40 ; set bed temp and continue
M104 S210 ; set hotend temp and continue
M190 S40 ; set bed temp and wait
M109 S210  ; set hotend temp and wait
G28 ; home axes ; ; including mesh bed level
G90 ; absolute coordinates
G21 ; set units to millimeters
M83 ; relative extrusion
M106 S255 ; set fan speed
M220 S100 ; set speed factor override percentage
M221 S100 ; set extrude factor override percentage
G0 F3000 X5 Y5 Z10
G1 F250 E20.7876
G0 F250 Z50
G0 F3000 X10 Y10 Z0.3
;-----
; END OF STARTING PROCEDURE
;-----

G0 F3000 X50 Y51 Z0.32
G1 F600 X56 E0.319297
G0 F3000 Y52.5
G1 F600 X50 E0.319297
G0 F3000 Y54
G1 F600 X56 E0.319297
G0 F3000 Y55.5
G1 F600 X50 E0.319297
G0 F3000 X51 Y50 Z0.64
G1 F600 Y56 E0.319297
G0 F3000 X52.5
G1 F600 Y50 E0.319297
G0 F3000 X54
G1 F600 Y56 E0.319297
G0 F3000 X55.5
G1 F600 Y50 E0.319297
G0 F3000 X50 Y51 Z0.96
G1 F600 X56 E0.319297
G0 F3000 Y52.5
G1 F600 X50 E0.319297
G0 F3000 Y54
G1 F600 X56 E0.319297
G0 F3000 Y55.5
G1 F600 X50 E0.319297
G0 F3000 X51 Y50 Z1.28
G1 F600 Y56 E0.319297
G0 F3000 X52.5
G1 F600 Y50 E0.319297
G0 F3000 X54
G1 F600 Y56 E0.319297
G0 F3000 X55.5
G1 F600 Y50 E0.319297

;-----
; START OF ENDING PROCEDURE
;-----
G10 ; retract
G91 ; relative coordinates
G0 Z20 F8000 ; drop bed
G90 ; absolute coordinates
M106 S0 ; set fan speed
M140 S0 ; set bed temp and continue
M104 S0 ; set hotend temp and continue
M221 S100 ; reset flow
M900 K0 ; reset LA
M84 ; disable steppers
