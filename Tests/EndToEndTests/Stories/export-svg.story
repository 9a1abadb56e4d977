# The screen is written as a picture.
see PAUSE
press :
type export $DIR/screen.svg
press enter
see written:
holds screen.svg <svg
