import Glibc
import Shell

exit(Launch.main(Array(Launch.words.dropFirst())))
