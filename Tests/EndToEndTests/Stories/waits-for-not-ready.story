# N shows who notices that a worker is gone.
see PAUSE
press j f N
see worker-2 | NotReady
see skipped
