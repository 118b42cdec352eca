# Rules of the train's own, over the plan as `plan --format json` writes it. Results of `deny` and `violation` refuse the
# plan, those of `warn` are shown.
package fleet

import rego.v1

# Nobody is moved off a release that nothing is known of.
deny contains msg if {
	some group in input.groups
	not group.release
	msg := sprintf("group.%s has no release", [group.name])
}

# A group of more than ten moves in waves.
warn contains msg if {
	some group in input.groups
	group.instances.updates > 10
	not group.rollout
	msg := sprintf("group.%s: %d instances are updated at once", [group.name, group.instances.updates])
}
