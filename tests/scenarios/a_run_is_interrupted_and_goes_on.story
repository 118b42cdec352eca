# A signal comes amid the run. The next run goes on; nothing is done twice.
interrupt after 30 changes
apply
  > exit 130
  > 0 failed
interrupt after 25 changes
apply
  > exit 130
apply
  > exit 0
plan
  > No changes.
most updates
  > 1
