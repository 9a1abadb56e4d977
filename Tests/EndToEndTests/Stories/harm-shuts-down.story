# A machine that is shut down keeps its power until its processes had their time.
see PAUSE
press j F s
see worker-2 is shut down
press : 
type goto 60s
press enter
see worker-2 | OFF
