import Language
import Networks

/// A network's past.
extension Builtin {
  static let pastGroup: [Builtin] = [at]

  static let at = Builtin(
    Declaration(
      "at", group: .data, "a network as it was after an epoch of its training",
      details: """
        Epochs count through all trainings of the network in this session; at(net, 0) is as it was \
        before. Some states are kept, and the epochs between them are replayed to the same bits, so \
        it may take as long as these took. set past 512MB says how much memory that may take. What \
        was changed by hand is kept as it was: the last state at an epoch counts. The commands back and \
        goto bring net itself there, diff compares two networks, again trains once more.
        """,
      parameters: [
        Parameter("net", .network, "a network that was trained"),
        Parameter("epoch", .integer, "how many epochs it had seen"),
      ],
      result: "a network",
      examples: [
        .init(
          """
          net = dense(2, 2)
          all(at(net, 0).W1 == net.W1)
          """, "true")
      ],
      seeAlso: ["update", "adam"]),
    differentiation: .refused("a network's past holds plain numbers")
  ) { arguments, _ in
    guard case .network(let box) = arguments[0] else {
      throw arguments.mismatch(0, expected: "a network")
    }
    let network = try box.content.network.at(epoch: arguments.integer(1))
    return .network(Box(NetworkValue(network)))
  }
}
