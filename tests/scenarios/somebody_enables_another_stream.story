# Custom sources carry the metadata of modules, and somebody enables postgresql:10 on a member that has packages of
# postgresql:15 from before. Its agent brings everything else of the release; those no update brings.
world: custom sources have modules
by hand: enable postgresql:10 on db-01
apply
  > exit 3
  > failed db-01: below GL1
  > behind: postgresql-15
# It is a canary, behind which the others wait. Nothing is tried again that cannot help.
plan
  > can start: no
  > held db-01: streams
  ! change db-01
enable postgresql:15 on db-01
  > change db-01
  > cost: 1 changing calls, 1 work requests
  > exit 0
  > 2 done
  > changing calls as foretold
enable postgresql:15 on db-01
  > No changes.
# The rollout of its group had stopped; somebody has it go on. Now an update brings what the release has of the stream,
# and the level is proven.
plan
  > held group.canary: stopped
resume canary
apply
  > change db-01
  > exit 0
plan
  > No changes.
  ! held db-01
