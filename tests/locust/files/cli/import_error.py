# args: -u 1
# compare: stdout
import no_such_module
