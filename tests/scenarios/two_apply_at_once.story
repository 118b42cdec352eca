# Two people apply at the same moment: one does, the other is told who holds the lock.
apply twice at once
  > exit 0
  > error: the state is locked by tester on stage
plan
  > No changes.
most updates
  > 1
