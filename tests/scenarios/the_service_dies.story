# A service that answers nothing but 503 is not asked eight times for everything: within half a minute it is said what
# is wrong, with what support asks for.
the service is dead
plan within 30 s
  > is down: its last
  > the last one with 503 ServiceUnavailable: the weather is bad (opc-request-id

# It dies in the midst of a run, before any update is asked for: nothing more is started, and the run ends soon.
the service dies after 25 changes
apply within 60 s
  > exit 3
  ! 0 failed
  > is down: its last
  ! asked 4 times

# With updates going on, whether it comes back is seen for ten minutes.
calm
apply
  > exit 0
  > 0 failed
most updates
  > 1
bind canary GL1.1
the service dies after 8 changes
apply within 700 s
  > exit 3
  > runs on, and the next run looks it up first
calm
apply
  > exit 0
  > 0 failed
most updates
  > 2
plan
  > No changes.
