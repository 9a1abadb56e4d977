# goto takes a moment on the clock.
see PAUSE
press :
type goto 0:02:00
press enter
see 0:02:00.0
press :
type goto nonsense
press enter
see goto 90s or goto 0:01:30
