using Alignment.Doctor;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// One's own model folder, tokenizer and data, checked before hours are spent: `dotnet test test/Regression --filter TestCategory=Doctor`.
/// </summary>
[TestFixture, NonParallelizable, Category("Doctor")]
public sealed class DoctorChecks
{
    private Examination? _examination;

    private Examination Examination => _examination ?? throw new InvalidOperationException("nothing is examined");

    [OneTimeSetUp]
    public void Open()
    {
        if (DoctorParameters.Input() is not { } input)
            throw new IgnoreException("give -p:Model=FOLDER (config.json, weights, tokenizer) and -p:Data=FILE (.jsonl or .jsonl.gz) "
                + "to have them checked");
        TestContext.Progress.WriteLine($"{input.Model} with {input.Data} for recipe {input.Recipe.Name}");
        _examination = new(input);
    }

    [OneTimeTearDown]
    public void Close() => _examination?.Dispose();

    [Test, Order(1)]
    public void Weights_fill_the_model_and_are_finite() => Report(Examination.Weights());

    [Test, Order(2)]
    public void Tokenizer_and_model_agree_on_the_vocabulary_and_the_end() => Report(Examination.SpecialTokens());

    [Test, Order(3)]
    public void Rows_are_whole_and_say_what_is_preferred() => Report(Examination.Rows());

    [Test, Order(4)]
    public void Conversations_come_back_from_template_and_tokenizer() => Report(Examination.Template());

    [Test, Order(5)]
    public void Lengths_cut_little_and_fit_the_positions() => Report(Examination.Truncation());

    [Test, Order(6)]
    public void Responses_and_nothing_else_are_scored() => Report(Examination.ResponseMasks());

    [Test, Order(7)]
    public void The_sweep_fits_the_memory() => Report(Examination.Memory());

    [Test, Order(8)]
    public void The_first_loss_is_log_two() => Report(Examination.FirstLoss());

    private static void Report(IReadOnlyList<Verdict> verdicts)
    {
        TestContext.Progress.WriteLine(TestContext.CurrentContext.Test.MethodName!.Replace('_', ' '));
        foreach (Verdict verdict in verdicts)
            TestContext.Progress.WriteLine($"  {verdict}");
        Verdict[] failed = [.. verdicts.Where(verdict => verdict.Grade == Grade.Fail)];
        if (failed.Length > 0)
            Assert.Fail(string.Join('\n', failed.Select(verdict => verdict.ToString())));
    }
}
