# The screen is written as text.
see PAUSE
press :
type export $DIR/screen.txt
press enter
see written:
holds screen.txt worker-1
