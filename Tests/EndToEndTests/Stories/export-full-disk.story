# A full disk is said in one line, and nothing is lost.
link picture.txt /dev/full
link picture.svg /dev/full
link mine.cast /dev/full
see PAUSE
press :
type export $DIR/picture.txt
press enter
see No space left on device
press :
type export $DIR/picture.svg
press enter
see No space left on device
press :
type cast $DIR/mine.cast
press enter
see tried again: No space left on device
press j f
see 1 fault
