# Faster and slower, and as a word.
see 1x
press +
see 2x
press - -
see 1/2x
press :
type speed max
press enter
see max
