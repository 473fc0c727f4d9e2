import Console
import Language
import Networks
import Tensors

extension Command {
  /// Going through the past of networks.
  static let past: [Command] = [back, goto, diff, again, compare, blame, fingerprint]

  private static let pastNetwork = Argument.slot(
    "net", after: "of", .network, default: .computed("the one that was trained last"),
    "the variable that holds the network")

  static let back = Command(
    "back", "brings a network back to as it was some epochs ago",
    details: """
      Weights, optimizer and history are those of that moment, to the bit; train goes on from there, \
      with the same order of the rows. What came after is kept until then: goto brings it back. The \
      network is the one that was trained last, or back 3 of net names another. Epochs between the \
      states that are kept are replayed; set past 512MB says how much memory these may take.
      """,
    arguments: [
      .slot("count", .integer, default: .number(1), "how many epochs"), pastNetwork,
    ],
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1])
        net = dense(2, 2) |> softmax
        train net on d epochs=5
        back 3
        len(net.history.loss)
        """, "2")
    ],
    seeAlso: ["goto", "at", "diff", "train"]
  ) { context in
    let place = try context.pastPlace()
    let network = try context.network(in: place)
    let count = try context.integer("count") ?? 1
    guard count >= 0 else {
      throw RuntimeError.other("back goes \(-count) epochs forth", hint: "write goto EPOCH")
    }
    let epochs = network.history.count
    guard count <= epochs else {
      throw RuntimeError.other(
        "\(place.description) has seen \(epochs) epoch\(epochs == 1 ? "" : "s"), and back \(count) "
          + "would go further", hint: "goto 0 is before the first")
    }
    try context.move(network, in: place, to: network.history.count - count)
    return nil
  }

  static let goto = Command(
    "goto", "brings a network to as it was after an epoch, back or forth",
    details: """
      Epochs count through all trainings of the network; goto 0 is before the first. After back, the \
      epochs that came later are still there, until the network is trained anew.
      """,
    arguments: [.slot("epoch", .integer, "which epoch"), pastNetwork],
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1])
        net = dense(2, 2) |> softmax
        train net on d epochs=5
        w = net.W1
        back 3
        goto 5
        all(net.W1 == w)
        """, "true")
    ],
    seeAlso: ["back", "at", "diff"]
  ) { context in
    let place = try context.pastPlace()
    guard let epoch = try context.integer("epoch") else { return nil }
    try context.move(try context.network(in: place), in: place, to: epoch)
    return nil
  }

  static let fingerprint = Command(
    "fingerprint", "a short name for the bits of a network's weights and history",
    details: """
      Two networks have the same if they are the same to the last bit, with the same history; what \
      the optimizer remembers does not count. It is made to be read aloud.
      """,
    arguments: [.slot("net", .network, "a network")],
    result: "a string",
    examples: [
      .init(
        """
        net = dense(2, 2)
        a = fingerprint net
        other = net
        b = fingerprint other
        other.W1[0, 0] = 7
        c = fingerprint other
        [a == b, a == c]
        """, "[true, false]")
    ],
    seeAlso: ["at", "save"]
  ) { context in
    let name = try context.network("net").fingerprint
    context.print(name)
    return .text(name)
  }
}

extension CommandContext {
  /// The variable whose past is meant.
  fileprivate func pastPlace() throws -> Place {
    if has("net") { return try place("net") }
    guard let place = session.lastTrained else {
      throw RuntimeError.other(
        "no network has been trained yet", hint: "name it: \(declaration.name) 1 of net")
    }
    return place
  }

  /// The network that a variable holds.
  func network(in place: Place) throws -> Network {
    let value = try place.read()
    guard case .network(let box) = value else {
      throw RuntimeError.other(
        "\(place.description) is \(value.kindPhrase) and no network", hint: nil)
    }
    return box.content.network
  }

  /// Puts a network back, or forth, and says where it stands.
  fileprivate func move(_ network: Network, in place: Place, to epoch: Int) throws {
    let moved = try network.at(epoch: epoch)
    try place.write(.network(Box(NetworkValue(moved))))
    let last = moved.past?.epochs ?? epoch
    var line =
      "\(place.description) is as it was "
      + (epoch == 0 ? "before its first epoch" : "after epoch \(epoch)")
    if let loss = moved.history.loss.last { line += ", loss \(NumberForm.loss(loss))" }
    if last > epoch {
      line +=
        "; goto \(last) brings it to the last, and training it overwrites "
        + (last == epoch + 1 ? "epoch \(last)" : "epochs \(epoch + 1) to \(last)")
    }
    note(line)
  }

  /// Says which epochs of a network can no longer be brought back.
  func noteForgotten(_ network: Network, in place: Place) {
    guard let past = network.past else { return }
    let ranges = past.forgotten(of: 0..<past.epochs)
    guard !ranges.isEmpty else { return }
    let words = ranges.prefix(3).map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)"
    }
    note(
      "the past is full: \(place.description) can no longer go to epoch"
        + (ranges.count == 1 && ranges[0].count == 1 ? " " : "s ")
        + words.joined(separator: ", ") + (ranges.count > 3 ? ", …" : "")
        + "; set past 2GB keeps more")
  }
}
