# Big mode from the start, in ASCII.
run --paused --masters 1 --workers 2 --big --ascii
see ###
press Z
gone ###
