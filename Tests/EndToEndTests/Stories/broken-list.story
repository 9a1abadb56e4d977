# Everything broken is in one list; one is healed, then all.
see PAUSE
press j f k f A
see What is broken
see worker-2 loses power
see Heal everything | 2 faults
press H
see 2 faults healed
see no faults
