import Language
import Networks

extension Constant {
  /// All there are.
  static let all: [Constant] = [
    Constant("rank", "which of the processes that mpirun has started this is, from 0") {
      Double(Ranks.current.rank)
    },
    Constant("ranks", "how many processes mpirun has started; 1 without it") {
      Double(Ranks.current.ranks)
    },
  ]
}
