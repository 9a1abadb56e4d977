# --ascii draws nothing outside ASCII.
run --paused --masters 1 --workers 2 --ascii
see PAUSE
see o worker-1 | Ready
gone ●
