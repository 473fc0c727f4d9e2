import Syntax
import Testing

@Suite struct CommandTests {
  static let table: [(String, String)] = [
    ("load letters", "<load source:\"letters\">"),
    ("load data/x.npz as d", "<load source:\"data/x.npz\" name:\"d\">"),
    ("load ~/a.csv", "<load source:\"~/a.csv\">"),
    ("load ../a#b.csv # why", "<load source:\"../a#b.csv\">"),
    ("load /tmp/x.npz;", "<load source:\"/tmp/x.npz\">;"),
    ("load ./x.npz", "<load source:\"./x.npz\">"),
    ("load \"my file.npz\" as d", "<load source:\"my file.npz\" name:\"d\">"),
    ("load \"run{i}.npz\"", "<load source:(\"\" \"run\" i \".npz\")>"),
    ("load (folder) as d", "<load source:folder name:\"d\">"),
    ("save net to w.npz", "<save value:net path:\"w.npz\">"),
    ("save [1, 2] to a.npy", "<save value:[1 2] path:\"a.npy\">"),
    (
      "train net on letters epochs=200 rate=0.05 momentum=0.9",
      "<train net:net data:letters epochs:200 rate:0.05 momentum:0.9>"
    ),
    ("train net on d batch=full", "<train net:net data:d batch:\"full\">"),
    (
      "train net on d batch=full + 1, reduction=mean",
      "<train net:net data:d batch:(+ full 1) reduction:\"mean\">"
    ),
    ("train net on d epochs=3,\n rate=1", "<train net:net data:d epochs:3 rate:1>"),
    ("train net", "<train net:net>"),
    ("train dense(784, 10) |> softmax on d", "<train net:(|> (call dense 784 10) softmax) data:d>"),
    ("train (a) on b", "<train net:a data:b>"),
    ("train", "<train>"), ("who", "<who>"), ("test", "<test>"), ("who; a", "<who>; | a"),
    ("train = 3", "(= train 3)"), ("test.x", "(. test x)"), ("step + 1", "(+ step 1)"),
    ("time[0]", "(at time 0)"), ("seed(5)", "(call seed 5)"), ("step - 1", "(- step 1)"),
    ("step-1", "(- step 1)"), ("train += 1", "(+= train 1)"), ("test'", "(' test)"),
    ("test and a", "(and test a)"), ("test, a = f()", "(= test a (call f))"),
    ("step / 2", "(/ step 2)"), ("test == 1", "(== test 1)"), ("step ..<3", "(..< step 3)"),
    ("test |> f", "(|> test f)"), ("test\n|> f", "(|> test f)"), ("test -> 1", "(fn (test) {1})"),
    ("seed 5", "<seed number:5>"), ("seed (5)", "<seed number:5>"),
    ("plot -x", "<plot values:(neg x)>"), ("plot a -b", "<plot values:a values:(neg b)>"),
    ("plot a - b", "<plot values:(- a b)>"), ("plot [1, 2]", "<plot values:[1 2]>"),
    ("plot a [1]", "<plot values:a values:[1]>"),
    ("plot a[1] (b)", "<plot values:(at a 1) values:b>"),
    (
      "plot h.loss, h.val_loss to fig.png",
      "<plot values:(. h loss) values:(. h val_loss) path:\"fig.png\">"
    ),
    ("plot a b title=\"t\" x=1", "<plot values:a values:b title:\"t\" x:1>"),
    ("plot f(a -1) b", "<plot values:(call f (- a 1)) values:b>"),
    ("plot grad L wrt a, b", "<plot values:(grad L wrt a) values:b>"),
    ("show mistakes of net on d.test", "<show value:\"mistakes\" net:net split:(. d test)>"),
    ("show x 3", "<show value:x count:3>"), ("show mistakes + 1", "<show value:(+ mistakes 1)>"),
    ("step net on d 5", "<step net:net data:d count:5>"),
    (
      "derive L() wrt W, b to \"x.md\"",
      "<derive loss:(call L) variables:W variables:b path:\"x.md\">"
    ),
    (
      "check dL_dW_o(y, p, h) against L() wrt W_o",
      "<check gradient:(call dL_dW_o y p h) loss:(call L) variable:W_o>"
    ),
    (
      "check grad L wrt W against M wrt W",
      "<check gradient:(grad L wrt W) loss:M variable:W>"
    ),
    ("explain nan", "<explain value:\"nan\">"),
    ("explain f (x)", "<explain value:(call f x)>"),
    ("time x @ y", "<time value:(@ x y)>"),
    ("clear a b-2, c", "<clear names:\"a\" names:\"b-2\" names:\"c\">"),
    ("set hints off now # no", "<set option:\"hints\" value:\"off now\">"),
    ("transcript on a.nns", "<transcript path:\"a.nns\">"),
    ("transcript off", "<transcript state:\"off\">"),
    ("x?", "<help topic:\"x\">"), ("?x", "<help topic:\"x\">"),
    ("train?", "<help topic:\"train\">"),
    ("?", "<help>"), ("help dL_dW_o", "<help topic:\"dL_dW_o\">"),
    ("if ok { train net on d }", "(if ok {<train net:net data:d>})"),
    ("if ok { load x.npz}", "(if ok {<load source:\"x.npz\">})"),
    ("for i in r { step net on d }", "(for i r {<step net:net data:d>})"),
    ("fn f() { who }", "(fn f () {<who>})"),
  ]

  @Test(arguments: table) func command(_ source: String, _ tree: String) {
    #expect(parsed(source) == tree)
  }

  static let errors: [(String, String, [String])] = [
    (
      "train net on d epoch=5", "`train` has no option `epoch`",
      ["did you mean epochs=", "its options are epochs batch rate momentum reduction"]
    ),
    ("seed 5 x=1", "`seed` has no option `x`", ["it takes none; write seed NUMBER"]),
    ("save net", "`save` needs to PATH", ["write save VALUE to PATH"]),
    ("save net to", "`to` needs PATH after it", ["write save VALUE to PATH"]),
    ("test net\non = 1", "`test` needs on SPLIT", ["write test NET on SPLIT"]),
    (
      "train net letters", "`train` takes nothing more here, found `letters`",
      [
        "did you mean on letters",
        "write train NET [on DATA] [epochs= batch= rate= momentum= reduction=]",
      ]
    ),
    ("train net on a on b", "`on` is given twice", []),
    ("train net rate=1 rate=2", "`rate=` is given twice", []),
    ("train net rate=", "`rate=` needs a value", []),
    (
      "train net reduction=men", "`men` is no reduction",
      ["did you mean mean", "it is one of mean sum"]
    ),
    ("set hint on", "`hint` is no option", ["did you mean hints", "it is one of hints digits"]),
    (
      "trian net on d", "expected the end of the statement, found `net`",
      ["the command train"]
    ),
    ("load 'x.npz'", "a string stands in double quotes", ["write \"x.npz\""]),
    (
      "save net w.npz", "`save` takes nothing more here, found `w`",
      ["did you mean to w.npz", "write save VALUE to PATH"]
    ),
    ("who x", "`who` takes nothing more here, found `x`", ["write who"]),
  ]

  @Test(arguments: errors) func error(_ source: String, _ message: String, _ advice: [String])
    throws
  {
    let error = try #require(syntaxError(source))
    #expect(error.message == message)
    #expect(error.suggestions == advice)
  }

  @Test func usage() {
    #expect(testCommands["load"]?.usage == "load SOURCE [as NAME]")
    #expect(testCommands["plot"]?.usage == "plot VALUES… [to PATH] [title= x= y=]")
  }
}
