# An export that fails half way leaves what stood there before.
shell ulimit -f 2
file picture.svg
yesterday's picture
end
see PAUSE
press :
type export $DIR/picture.svg
press enter
see not written: File too large
holds picture.svg yesterday's picture
press j f
see 1 fault
