import Foundation

/// What the command line asks for.
struct Options {
  var fuzzers: [Fuzzer] = Fuzzer.all
  var inputs = 10_000
  var seconds = Double.infinity
  var seed: UInt64 = 1
  /// Where failing inputs are put, and the folder that workers run in.
  var folder = ".build/fuzz"
  /// A file whose bytes are the one input.
  var replay: String?
  /// Of a worker: the first of its inputs and how many.
  var worker: Range<Int>?
  var listsOnly = false
  /// Minutes of a soak.
  var soak: Double?
  /// Whether the time that Ctrl-C takes is measured, and of what alone.
  var interrupts: Set<String>?

  static let usage = """
    usage: nnsh-fuzz [--only NAME[,NAME…]] [--inputs N] [--seconds S] [--seed N] [--folder PATH]
           nnsh-fuzz --list
           nnsh-fuzz --only NAME --replay FILE
           nnsh-fuzz --soak MINUTES
           nnsh-fuzz --interrupts all|NAME[,NAME…]
      --inputs   of each fuzzer (default 10000)
      --seconds  ends after so long, whatever --inputs says; --inputs 0 goes on until then
    """

  /// Nil where the words make no sense.
  init?(_ words: [String]) {
    var words = words[...]
    while let word = words.popFirst() {
      if word == "--list" {
        listsOnly = true
        continue
      }
      guard let value = words.popFirst() else { return nil }
      switch (word, Int(value)) {
      case ("--only", _):
        let names = value.split(separator: ",").map(String.init)
        fuzzers = Fuzzer.all.filter { names.contains($0.name) }
        if fuzzers.count != names.count { return nil }
      case ("--inputs", let count?): inputs = count == 0 ? .max : count
      case ("--seconds", let count?): seconds = Double(count)
      case ("--seed", let number?): seed = UInt64(bitPattern: Int64(number))
      case ("--folder", _): folder = value
      case ("--replay", _): replay = value
      case ("--soak", _): soak = Double(value)
      case ("--interrupts", _):
        interrupts = value == "all" ? [] : Set(value.split(separator: ",").map(String.init))
      case ("--worker", _):
        let ends = value.split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2, ends[0] <= ends[1] else { return nil }
        worker = ends[0]..<ends[1]
      default: return nil
      }
    }
  }
}
