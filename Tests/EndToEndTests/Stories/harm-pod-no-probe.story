# A probe that is not there can't fail, and the menu says why.
size 120 40
see PAUSE | no faults
press 4 F r
see has no readiness probe that could fail
