# A full disk is said, and nothing is lost.
see PAUSE
press :
type export /dev/full
press enter
see its name ends in
press :
type cast /dev/full
press enter
see No space left on device
press j f
see 1 fault
