# The menu says that a zone's power is the quorum's end.
run --paused --masters 3 --workers 1
see PAUSE
press F Z
see Quorum will be lost
press esc
see no faults
