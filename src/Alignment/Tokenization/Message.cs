namespace Alignment.Tokenization;

/// <summary>Who speaks.</summary>
internal enum Role
{
    /// <summary>Instructions above the conversation.</summary>
    System,

    /// <summary>The human.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>What a function answered that the model called.</summary>
    Tool,
}

/// <summary>One message of a conversation.</summary>
internal sealed record Message(Role Role, string Text);
