import BinaryUnderTest
import Foundation
import Testing

/// `load … shard=true` leaves numbers in their file.
@Suite struct MappedFileTests {
  private static let training = """
    net = dense(8, 6) |> relu |> dense(3) |> softmax
    train net on dataset({train: {x: x, y: y}, valid: {x: x[0:20], y: y[0:20]}}) \
    epochs=3 batch=16 shuffle=false
    print("{net.W1[0, 0]:.9f} {net.history.val_loss[-1]:.9f}")
    """
  private static let making = """
    x = randn(100, 8); y = floor(3 * rand(100))
    save x to x.npy
    save {x: x, y: y} to both.safetensors
    save f64(x) to x64.npy

    """

  @Test(arguments: ["x.npy", "both.safetensors"]) func trainingIsTheSame(_ file: String) throws {
    let folder = try NNSH.temporaryFolder()
    func run(_ loading: String) throws -> NNSH.Outcome {
      try NNSH.run(
        ["-q", "-X", "-c", Self.making + loading + "\n" + Self.training], in: folder)
    }
    let plain = try run("")
    let taking = file == "x.npy" ? "as x" : "as all\nx = all.x"
    let mapped = try run("load \(file) shard=true \(taking)")
    #expect(mapped.code == 0, "\(mapped.errors)")
    #expect(mapped.output == plain.output)
  }

  /// What is written to the tensor stays in the process.
  @Test func theFileStaysAsItIs() throws {
    let folder = try NNSH.temporaryFolder()
    let outcome = try NNSH.run(
      [
        "-q", "-X", "-c",
        Self.making + "load x.npy shard=true as a\nb = a\na[0, 0] = 7\nload x.npy as c\n"
          + "print(\"{a[0, 0]} {b[0, 0] == x[0, 0]} {c[0, 0] == x[0, 0]}\")",
      ], in: folder)
    #expect(outcome.output == "7 true true\n", "\(outcome.errors)")
  }

  @Test func whatCannotBeMappedSaysSo() throws {
    let folder = try NNSH.temporaryFolder()
    let outcome = try NNSH.run(
      ["-q", "-X", "-c", "save [1, 2] to a.csv\nload a.csv shard=true"], in: folder)
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("shard=true leaves"), "\(outcome.errors)")
  }

  /// A file that becomes shorter under a training ends it with an error, and the process does not
  /// die of it.
  @Test func aFileThatIsCutShortIsAnError() throws {
    let folder = try NNSH.temporaryFolder()
    let script = """
      load x.npy shard=true as x
      net = dense(64, 1)
      train net on dataset(x, zeros(4000)) loss=mse epochs=100000
      """
    _ = try NNSH.run(["-q", "-X", "-c", "save randn(4000, 64) to x.npy"], in: folder)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: NNSH.path)
    process.arguments = ["-X", "-c", script]
    process.environment = NNSH.environment(home: folder)
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("epoch 1/") {
      let data = errors.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    truncate(folder + "/x.npy", 4096)
    text += String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 1)
    #expect(text.contains("was cut short"), "\(text.suffix(400))")
  }
}
