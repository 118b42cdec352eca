# For a minute the service answers everything with 429, amid a run and at the beginning of one.
storm for 60 s
apply
  > exit 0
  > 0 failed
weather
  ! 0 calls spoilt
calm
plan
  > No changes.
most updates
  > 1
sources
  > great-linux/GL1
  > great-linux/GL1.1
