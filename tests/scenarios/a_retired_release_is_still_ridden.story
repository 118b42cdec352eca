# Somebody has put the golden instance on a release's source, which is no business of the train's: while it rides there,
# the source stays. Then the process dies when it has asked for the deletion and has not seen the answer.
apply
  > exit 0
by hand: put golden-01 on GL1
bind canary GL1.1
bind web GL1.1
bind backend GL1.1
retire GL1
apply
  > held release.GL1: ridden
  > exit 0
  ! DELETE
plan
  > No changes.
  > held release.GL1: ridden
by hand: put golden-01 on GL1.1
plan and save
  > destroy release.GL1
# And back, after the plan was made: the look just before counts.
by hand: put golden-01 on GL1
apply what was saved
  > exit 3
  > refused release.GL1: the software source of GL1 is attached to 1 instance (golden-01)
  ! DELETE
by hand: put golden-01 on GL1.1
cut after 0 changes
apply
  > destroy release.GL1
  > cut
no source of GL1
plan
  > note unfinished
  > destroy release.GL1
  ! drift
apply
  > exit 0
  > already release.GL1
  ! DELETE
plan
  > No changes.
  ! held release.GL1
