import Platform

/// The process's standard input and output, taken away from the code that runs.
struct PrivateStreams {
  let input: Int32
  let output: Int32
  /// Where what is written to standard output comes out.
  let stray: Int32

  /// Moves both to numbers that no child inherits; what runs reads an empty input, and writes into a
  /// pipe. Nil, with the system's error in `errno`, where that cannot be.
  init?() {
    let first: Int32 = 10
    input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, first)
    output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, first)
    let empty = open("/dev/null", O_RDONLY | O_CLOEXEC)
    var ends: [Int32] = [-1, -1]
    guard input >= 0, output >= 0, empty >= 0, pipe(&ends) == 0,
      dup2(empty, STDIN_FILENO) >= 0, dup2(ends[1], STDOUT_FILENO) >= 0
    else { return nil }
    close(empty)
    close(ends[1])
    stray = ends[0]
    _ = fcntl(stray, F_SETFD, FD_CLOEXEC)
    _ = fcntl(stray, F_SETFL, fcntl(stray, F_GETFL) | O_NONBLOCK)
  }
}
