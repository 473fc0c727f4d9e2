import Glibc
import Shell

exit(Launch.main(Array(Swift.CommandLine.arguments.dropFirst())))
