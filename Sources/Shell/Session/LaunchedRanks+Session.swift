import Console
import Files
import MessagePassing
import Networks
import Platform
import Syntax
import Tensors

extension LaunchedRanks {
  /// Joins the other processes that a launcher has started with this one, and shares with them what
  /// only one of them may do: rank 0 prints, draws, asks and writes files.
  ///
  /// - Returns: nil where there are no others.
  static func joined(for commandLine: CommandLine) throws(Failure) -> LaunchedRanks? {
    guard areLaunched else { return nil }
    guard let others = try join(patience: patience), others.ranks > 1 else {
      // What one rank computes has the bits of what several do.
      Ranks.current = Alone(isShared: true)
      return nil
    }
    Ranks.current = others
    SharedFiles.areWrittenHere = others.rank == 0
    if others.rank == 0 {
      SharedFiles.didWrite = { others.post($0) }
    } else {
      SharedFiles.awaitWriting = { others.awaitPost(of: $0) }
    }
    if commandLine.threads == nil, Environment["OMP_NUM_THREADS"] == nil {
      Threads.count = share(ofThreads: Threads.count)
    }
    return others
  }

  /// For how many seconds ranks wait for one that computes: NNSH_PATIENCE.
  private static var patience: Int {
    Environment["NNSH_PATIENCE"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 60
  }
}

extension Session {
  /// Why there is no prompt for several ranks.
  static let promptForOne =
    "error: the prompt is for one process; give the ranks a script: mpirun -n 4 nnsh train.nns\n"

  /// What rank 0 reads from standard input, for all ranks: launchers give it to that one alone.
  ///
  /// - Parameter read: throws where it cannot be read, which the others see as an empty text.
  static func shared<Failure: Error>(
    _ read: () throws(Failure) -> [UInt8]
  ) throws(Failure) -> [UInt8] {
    let ranks = Ranks.current
    if ranks.ranks == 1 { return try read() }
    let result = Result { () throws(Failure) -> [UInt8] in ranks.rank == 0 ? try read() : [] }
    let own = (try? result.get()) ?? []
    var counts = [Int](repeating: 0, count: ranks.ranks)
    counts[0] = 1
    let count = try? ranks.gathered(ranks.rank == 0 ? [Double(own.count)] : [], counts: counts)
    var bytes = own
    if ranks.rank > 0 { bytes = [UInt8](repeating: 0, count: Int(count?[0].first ?? 0)) }
    bytes.withUnsafeMutableBytes { memory in
      let others = ranks.rank == 0 ? Array(1..<ranks.ranks) : [0]
      let messages = others.map { RankMessage(rank: $0, memory) }
      try? ranks.exchange(
        sending: ranks.rank == 0 ? messages : [], receiving: ranks.rank == 0 ? [] : messages)
    }
    if case .failure(let failure) = result { throw failure }
    return bytes
  }
}
