# The process is killed amid a saved plan; the same plan is applied again until its steps are done.
plan and save
cut after 40 changes
apply what was saved
  > cut
apply what was saved
  > exit 0
  > 0 failed
apply what was saved
  > error: the plan is used up
plan
  > No changes.
most updates
  > 1
sources
  > great-linux/GL1
  > great-linux/GL1.1
