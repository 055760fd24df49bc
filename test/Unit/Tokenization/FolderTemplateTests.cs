using System.Globalization;
using Alignment.Data;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public sealed class FolderTemplateTests : IDisposable
{
    // a system turn of its own where none is given, words without outer white space
    private const string Plain = """
        {{- bos_token }}
        {%- if messages[0].role != 'system' %}{{- '<|pad|>be kind<|end|>' }}{%- endif %}
        {%- for m in messages %}
        {%- if m.role not in ['system', 'user', 'assistant'] %}{{- raise_exception('no ' + m.role + ' turns, please') }}{%- endif %}
        {{- {'system': '<|pad|>', 'user': '<|user|>', 'assistant': '<|assistant|>'}[m.role] + m.content | trim + '<|end|>' }}{{ '\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}
        """;

    // an empty thought before the last answer
    private const string Thinking = """
        {%- for m in messages %}
        {%- if m.role == 'user' %}{{- '<|user|>' + m.content + '<|end|>' }}
        {%- else %}{{- '<|assistant|>' + ('<t></t>' if loop.last and m.role == 'assistant' else '') + m.content + '<|end|>' }}{%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- if enable_thinking is defined and enable_thinking is false %}{{- '<t></t>' }}{%- endif %}{%- endif %}
        """;

    private static readonly Message[] s_hello = [new(Role.User, " hello ")];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SetUp]
    public void Bring()
    {
        foreach (string file in Directory.GetFiles(_folder.Path))
            File.Delete(file);
        SmallVocabulary.Write(_folder.Path);
        Write("tokenizer_config.json", """{"bos_token":{"content":"<|endoftext|>"},"eos_token":"<|end|>"}""");
    }

    [Test]
    public void The_folder_s_own_template_writes_prompts_and_answers_and_tells_their_end()
    {
        (ModelTokenizer tokenizer, string by) = Told(Plain);
        Assert.That((tokenizer.Template.Name, by, tokenizer.NameOf(tokenizer.Eos), tokenizer.Bos), Is.EqualTo(("chat_template.jinja", "the folder", "<|end|> (264)", (int?)260)));
        Assert.That(tokenizer.Template.Write(s_hello, addGenerationPrompt: true).Text, Is.EqualTo("<|endoftext|><|pad|>be kind<|end|><|user|>hello<|end|>\n<|assistant|>"));
        int[] prompt = tokenizer.EncodePrompt(s_hello);
        Assert.That((prompt[0], prompt.Count(id => id == 260)), Is.EqualTo((260, 1)), "BOS once");
        EncodedPair pair = tokenizer.EncodePair(s_hello, "hello", " he ");
        Assert.That(pair.Prompt, Is.EqualTo(prompt));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo((new[] { 259, 264 }, new[] { 256, 264 })));
        Assert.That((int[])[.. prompt, .. pair.Chosen], Is.EqualTo(tokenizer.Text.EncodeToIds("<|endoftext|><|pad|>be kind<|end|><|user|>hello<|end|>\n<|assistant|>hello<|end|>")));
        Assert.That(tokenizer.Decode(pair.Chosen), Is.EqualTo("hello"));
        Assert.That(tokenizer.EncodeAnswered(s_hello, "hello", ended: false), Is.EqualTo(prompt.Append(259)));
    }

    [Test]
    public void A_judge_s_conversation_is_all_that_the_template_writes_and_a_cut_one_has_no_end()
    {
        (ModelTokenizer tokenizer, _) = Told(Plain);
        var template = (FolderTemplate)tokenizer.Template;
        int[] prompt = tokenizer.EncodePrompt(s_hello);
        Assert.That(tokenizer.EncodeWhole(template, s_hello, "hello", ended: true), Is.EqualTo((int[])[.. prompt, 259, 264, '\n']));
        Assert.That(tokenizer.EncodeWhole(template, s_hello, "hello", ended: false), Is.EqualTo((int[])[.. prompt, 259]));
    }

    [Test]
    public void A_thought_that_the_template_writes_before_an_answer_is_part_of_it_or_of_the_prompt_as_the_recipe_s_variables_say()
    {
        (ModelTokenizer tokenizer, _) = Told(Thinking);
        Assert.That(tokenizer.Text.Decode(tokenizer.EncodePair(s_hello, "he", "ll").Chosen), Is.EqualTo("<t></t>he<|end|>"));
        Assert.That(tokenizer.Decode(tokenizer.EncodePair(s_hello, "he", "ll").Chosen), Is.EqualTo("he"));
        string whole = tokenizer.Template.Identity;
        TemplateSettings off = new() { Variables = """{"enable_thinking":false}""" };
        (tokenizer, string by) = Told(Thinking, off);
        Assert.That(by, Is.EqualTo("the folder, with {\"enable_thinking\":false}"));
        Assert.That(tokenizer.Template.Write(s_hello, addGenerationPrompt: true).Text, Does.EndWith("<|assistant|><t></t>"));
        Assert.That(tokenizer.Text.Decode(tokenizer.EncodePair(s_hello, "he", "ll").Chosen), Is.EqualTo("he<|end|>"));
        Assert.That(tokenizer.Template.Identity, Is.Not.EqualTo(whole));

        // a folder that is written with it says the same to whoever gives nothing
        (ModelTokenizer again, _) = Told(tokenizer.Template.Jinja);
        Assert.That(TemplateProbe.Difference(again.Template, tokenizer.Template), Is.Null);
        Assert.That(TemplateProbe.Difference(Told(Thinking).Tokenizer.Template, again.Template), Is.EqualTo(
            "a prompt of one turn, character 38: chat_template.jinja writes \"sistant|>\", chat_template.jinja \"sistant|><t></t>\"").Or.StartsWith("a prompt of one turn, character "));
    }

    [Test]
    public void A_row_whose_conversation_lacks_the_generation_prompt_is_cut_where_the_answer_starts()
    {
        const string Open = "{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}<|end|>{% else %}<|assistant|>";
        const string Close = "{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|><t>{% endif %}";
        foreach ((string jinja, string start, string response) in new[]
        {
            (Open + "{{ m.content }}<|end|>" + Close, "<|assistant|>", "<b"), // one that happens to begin as the generation prompt goes on
            (Open + "[{% generation %}{{ m.content }}<|end|>{% endgeneration %}" + Close, "<|assistant|>[", "<t"),
        })
        {
            (ModelTokenizer tokenizer, _) = Told(jinja);
            EncodedPair pair = tokenizer.EncodePair(s_hello, response, "ll");
            Assert.That(tokenizer.Text.Decode(pair.Prompt), Is.EqualTo($"<|user|> hello <|end|>{start}"));
            Assert.That(tokenizer.Text.Decode(pair.Chosen), Is.EqualTo($"{response}<|end|>"));
            Assert.That(tokenizer.Template.Write(s_hello, addGenerationPrompt: true).Text, Does.EndWith("<|assistant|><t>"), "sampling goes on behind the generation prompt");
            Assert.That(((FolderTemplate)tokenizer.Template).Row(s_hello, response, "ll"), Is.EqualTo(new WrittenRow(null) { IsCut = true }));
        }
    }

    [Test]
    public void Answers_of_a_pair_start_at_the_same_place_where_only_one_of_them_has_a_thought()
    {
        (ModelTokenizer tokenizer, _) = Told("{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}<|end|>{% else %}<|assistant|>"
            + "{{ '<|pad|>' if '</t>' not in m.content }}{{ m.content }}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|><|pad|>{% endif %}");
        EncodedPair pair = tokenizer.EncodePair(s_hello, "he", "<|x></t>he");
        Assert.That(tokenizer.Text.Decode(pair.Prompt), Is.EqualTo("<|user|> hello <|end|><|assistant|>"));
        Assert.That((tokenizer.Text.Decode(pair.Chosen), tokenizer.Text.Decode(pair.Rejected)), Is.EqualTo(("<|pad|>he<|end|>", "<|x></t>he<|end|>")));
    }

    [Test]
    public void A_template_that_writes_the_turns_before_an_answer_otherwise_than_the_prompt_refuses_the_row()
    {
        (ModelTokenizer tokenizer, _) = Told("{% for m in messages %}{% if loop.last or loop.length < 3 or add_generation_prompt %}<|user|>{{ m.content }}<|end|>{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}<|assistant|>{% endif %}");
        Message[] turns = [.. s_hello, new(Role.Assistant, "he"), new(Role.User, "ll")];
        Assert.That(((FolderTemplate)tokenizer.Template).Row(turns, "a").Refusal, Does.StartWith("chat_template.jinja writes the turns before an answer otherwise than the prompt: "));
    }

    [Test]
    public void What_the_template_says_to_a_row_it_refuses_is_its_reason() => Assert.That(
        ((FolderTemplate)Told(Plain).Tokenizer.Template).Row([.. s_hello, new(Role.Tool, "x")], "y").Refusal, Is.EqualTo("chat_template.jinja, line 4: no tool turns, please"));

    [Test]
    public void A_text_that_ends_answers_is_written_and_the_end_token_of_the_configuration_follows()
    {
        const string Lines = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n##\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";
        (ModelTokenizer tokenizer, _) = Told(Lines);
        int[] ids = tokenizer.EncodePair(s_hello, "hello", "he").Chosen;
        Assert.That((tokenizer.Text.Decode(ids), tokenizer.Decode(ids)), Is.EqualTo((" hello\n##\n<|end|>", "hello")));
        Write("tokenizer_config.json", "{}");
        Assert.That(() => Told(Lines), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.Path}: chat_template.jinja writes \"\\n##\\n\" after an answer, "
            + "which holds no token of the vocabulary, and eos_token in tokenizer_config.json names none"));
    }

    [Test]
    public void The_date_is_the_recipe_s()
    {
        const string Dated = "{{ strftime_now('%d %b %Y') }}{% for m in messages %}<|user|>{{ m.content }}<|end|>{% endfor %}";
        Assert.That(Told(Dated, new() { Date = new(2026, 3, 5) }).Tokenizer.Template.Write(s_hello, addGenerationPrompt: false).Text, Does.StartWith("05 Mar 2026<|user|>"));
        Assert.That(() => Told(Dated), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder.Path}: chat_template.jinja, line 1: strftime_now needs a date, and none was given: \"templateDate\" in the recipe gives one"));
    }

    [TestCase("{% include 'x' %}", "chat_template.jinja, line 1: the tag 'include' is not supported: a chat template is one file and writes plain text")]
    [TestCase("a\n{{ messages | no_such }}", "chat_template.jinja, line 2: No filter named 'no_such'.")]
    [TestCase("<|user|>", "chat_template.jinja does not write the text of the assistant's turn")]
    public void A_template_that_cannot_be_run_is_one_error_with_file_and_line(string jinja, string fault) =>
        Assert.That(() => Told(jinja), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.Path}: {fault}"));

    [Test]
    public void The_first_row_that_the_template_refuses_is_named()
    {
        PreferencePair[] pairs = [.. Enumerable.Range(0, 2000).Select(row => new PreferencePair($"row {row}", [new(row % 700 == 600 ? Role.Tool : Role.User, "he")], "a", "b"))];
        Assert.That(() => new PairTokenizer(Told(Plain).Tokenizer, new() { MaxPrompt = 50, MaxTotal = 90 }).TokenizeAll(pairs),
            Throws.TypeOf<InvalidDataException>().With.Message.Matches("^row 600: .*no tool turns, please"));
    }

    [Test]
    public void Markers_in_messages_are_text_where_the_recipe_says_so()
    {
        ModelTokenizer tokenizer = Told(Plain).Tokenizer.With(MarkersInText.Text);
        EncodedPair pair = tokenizer.EncodePair([new(Role.User, "<|user|>")], " <|end|>", "he");
        Assert.That((pair.Prompt.Count(id => id == 262), pair.Chosen.Count(id => id == 264)), Is.EqualTo((1, 1)));
        Assert.That(tokenizer.Text.Decode(pair.Chosen), Is.EqualTo("<|end|><|end|>"));
        tokenizer = Told("{% for m in messages %}<|user|>{{ m.content | length }}{{ m.content }}<|end|>{% endfor %}").Tokenizer.With(MarkersInText.Text);
        Assert.That(() => tokenizer.EncodePair([new(Role.User, "hello ten")], "a", "b"), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("the template looks into the messages' texts"));
    }

    [Test]
    public void The_markers_of_turns_are_markers_in_texts_and_the_thought_before_an_answer_is_none()
    {
        FolderTemplate template = (FolderTemplate)Told(Thinking).Tokenizer.Template;
        Assert.That(new[] { "<|user|>", "<|end|>", "<|assistant|>", "<t>" }.Where(template.Writes), Is.EqualTo(new[] { "<|user|>", "<|end|>", "<|assistant|>" }));
    }

    [Test]
    public void The_text_of_a_named_template_is_that_template_and_nothing_can_be_given_to_it()
    {
        (ModelTokenizer tokenizer, string by) = Told(ChatTemplate.Phi3.Jinja);
        Assert.That((tokenizer.Template, by), Is.EqualTo((ChatTemplate.Phi3, "chat_template.jinja")));
        File.Delete(_folder.File("chat_template.jinja"));
        Assert.That(ToldTemplate.Load(_folder.Path, null, "-p:Template=").By, Is.EqualTo("the tokenizer's markers"));
        Assert.That(() => ToldTemplate.Load(_folder.Path, null, "-p:Template=", new() { Date = new(2026, 3, 5) }), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder.Path} brings no chat template that the date 2026-03-05T00:00:00 could be given to: take templateVariables and templateDate out of the recipe"));
    }

    [Test]
    public void A_template_by_name_beside_the_folder_s_own_is_used_and_the_first_difference_told()
    {
        Write("chat_template.jinja", Plain);
        ToldTemplate told = ToldTemplate.Load(_folder.Path, ChatTemplate.Phi3, "-p:Template=");
        Assert.That((told.Tokenizer.Template, told.Difference), Is.EqualTo((ChatTemplate.Phi3,
            "a prompt of one turn, character 0: chat_template.jinja writes \"[BOS]<|pad|>be kind<|end\", phi-3 \"<|user|>\\nWhat is it?<|en\"")));
    }

    [Test]
    public void A_tokenizer_model_whose_BOS_is_no_text_gets_it_once_and_one_that_would_lose_tokens_is_refused()
    {
        foreach (string file in new[] { "vocab.json", "merges.txt" })
            File.Delete(_folder.File(file));
        File.WriteAllBytes(_folder.File("tokenizer.model"), SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        Write("tokenizer_config.json", """{"bos_token":"<s>","eos_token":"</s>"}""");
        (ModelTokenizer tokenizer, _) = Told("{{ bos_token }}{% for m in messages %}{{ 'a' + m.content }}{% endfor %}{% if not add_generation_prompt %}{{ eos_token }}{% endif %}");
        EncodedPair pair = tokenizer.EncodePair([new(Role.User, "b")], "ab", "b");
        Assert.That((pair.Prompt[0], pair.Prompt.Count(id => id == 1), pair.Chosen[^1], pair.Chosen.Count(id => id == 2)), Is.EqualTo((1, 1, 2, 1)));
        Assert.That(tokenizer.Decode(pair.Chosen), Is.EqualTo("aab").Or.EqualTo("ab"));
        Assert.That(() => Told("{% for m in messages %}{{ m.content + eos_token }}{% endfor %}"), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder.Path}: chat_template.jinja writes </s> between turns, which this tokenizer does not find in a text: give the tokenizer.json that has it as an added token"));
    }

    [TestCase("""{"enable_thinkin":false}""", null, "chat_template.jinja does not read templateVariables.enable_thinkin: correct the name or leave it out")]
    [TestCase("{}", "2026-03-05", "chat_template.jinja asks for no date: leave templateDate out")]
    public void What_a_recipe_gives_and_the_template_does_not_read_is_refused(string variables, string? date, string fault) => Assert.That(
        () => Told(Thinking, new() { Variables = variables, Date = date == null ? null : DateTime.Parse(date, CultureInfo.InvariantCulture) }),
        Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.Path}: {fault}"));

    private (ModelTokenizer Tokenizer, string By) Told(string jinja, TemplateSettings? settings = null)
    {
        Write("chat_template.jinja", jinja);
        ToldTemplate told = ToldTemplate.Load(_folder.Path, null, "-p:Template=", settings);
        return (told.Tokenizer, told.By);
    }

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);
}
