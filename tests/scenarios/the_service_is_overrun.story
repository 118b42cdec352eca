# For a minute the service answers everything with 429: at the beginning of a run, and later for longer amid one.
storm for 60 s
apply
  > exit 0
  > 0 failed
weather
  ! 0 calls spoilt
bind canary GL1.1
storm for 200 s after 4 changes
apply
  > exit 0
  > 0 failed
weather
  ! 0 calls spoilt
calm
plan
  > No changes.
most updates
  > 2
sources
  > great-linux/GL1
  > great-linux/GL1.1
