# The C locale gets ASCII.
set LANG=C
set LC_ALL=C
see PAUSE
see o worker-1 | Ready
