# A full disk is said, and nothing is lost.
see PAUSE
press :
type export /dev/full
press enter
see its name ends in
press :
type cast /dev/full
press enter
see casting to
press + - +
see No space left on device
press :
type cast off
press enter
