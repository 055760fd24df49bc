using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Files;

public sealed class FingerprintTests
{
    [Test]
    public void Nothing_has_the_digits_of_SHA_256() =>
        Assert.That(Hex(_ => { }), Is.EqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));

    [Test]
    public void A_text_is_its_length_in_eight_bytes_and_its_UTF8() =>
        Assert.That(Hex(print => print.Add("β")), Is.EqualTo(Hex(print => print.Append([2, 0, 0, 0, 0, 0, 0, 0, 0xce, 0xb2]))));

    [Test]
    public void Parts_do_not_run_together() => Assert.That(new[]
    {
        Hex(print => print.Add("ab").Add("c")), Hex(print => print.Add("a").Add("bc")), Hex(print => print.Add("abc")), Hex(print => print.Add("abc").Add("")),
        Hex(print => print.Add([1, 2]).Add([3])), Hex(print => print.Add([1]).Add([2, 3])), Hex(print => print.Add([1, 2, 3])),
    }, Is.Unique);

    [Test]
    public void The_first_digits_are_enough_for_an_id() =>
        Assert.That(Fingerprint.Of("recipe", 10), Is.EqualTo(Hex(print => print.Add("recipe"))[..10]));

    private static string Hex(Action<Fingerprint> add)
    {
        using var fingerprint = new Fingerprint();
        add(fingerprint);
        return fingerprint.Hex();
    }
}
